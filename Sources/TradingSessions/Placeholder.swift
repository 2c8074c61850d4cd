enum TradingSessionsPlaceholder {}
