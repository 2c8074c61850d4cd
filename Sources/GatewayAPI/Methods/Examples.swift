/// Records that the examples of several methods share, as JSON.
enum Examples {
    static let user = "5f0c1f9e-3a52-4d8e-9b54-0d5b7a6f2c11"
    static let admin = "a3c9f0de-8a7b-4c11-bb2e-6f4f0f7f9d22"
    static let sessionID = "ses_01K9Z3"

    static let tick =
        #"{"market":"R_100","quote":"1234.56","epoch_ms":1764036000000,"#
        + #""bid":"1234.50","ask":"1234.62","pip_size":2}"#

    static let limits =
        #"{"message_byte_count_max":65536,"batch_count_max":50,"subscription_count_max":200,"#
        + #""requests_in_flight_max":64,"messages_per_second_max":100,"message_burst_max":200,"#
        + #""outbound_byte_count_max":1048576}"#

    static let config =
        #"{"max_participants":100,"min_balance":"0","risk_profile":"MEDIUM","#
        + #""allowed_markets":["R_100","1HZ100V"],"min_confidence":0.65,"#
        + #""global_loss_threshold":"1000","duration_minutes":60,"max_stake":"50","#
        + #""stop_loss":"100","take_profit":"200","max_trades_per_hour":100}"#

    static let session =
        #"{"id":"\#(sessionID)","name":"Morning run","status":"PENDING","config":\#(config),"#
        + #""effective":{"min_confidence":0.65,"stake_multiplier":"1","max_stake":"50"},"#
        + #""admin_id":"\#(admin)","version":1,"created_at":1764036000000,"started_at":null,"#
        + #""ends_at":null,"completed_at":null,"end_reason":null,"pause_causes":[],"#
        + #""status_before_pause":null,"feed_overrides":[],"participant_count":0,"pnl":"0"}"#

    static let participant =
        #"{"user_id":"\#(user)","status":"ACTIVE","stop_reason":null,"#
        + #""joined_at":1764036000000,"changed_at":1764036000000,"pnl":"-12.5","trade_count":1,"#
        + #""recent_trades":[1764036060000]}"#

    static let killSwitch =
        #"{"scope":"market:R_100","reason":"quotes are wrong","engaged_by":"\#(admin)","#
        + #""engaged_at":1764036000000}"#

    static let signal = signal(status: "PENDING", claimant: nil, leaseUntil: "null")
    static let executedSignal = signal(status: "EXECUTED", claimant: user, leaseUntil: "null")
    static let claimedSignal = signal(
        status: "CLAIMED", claimant: user, leaseUntil: "1764036010000")

    private static func signal(status: String, claimant: String?, leaseUntil: String) -> String {
        let claim = claimant.map { #""\#($0)""# } ?? "null"
        return #"{"id":"sig-1","session_id":"\#(sessionID)","market":"R_100","type":"CALL","#
            + #""confidence":0.82,"reason":"momentum","created_at":1764036000000,"#
            + #""expires_at":1764036060000,"status":"\#(status)","claimant":\#(claim),"#
            + #""lease_until":\#(leaseUntil),"claim_count":\#(claimant == nil ? 0 : 1),"#
            + #""outcome_reason":null}"#
    }
}
