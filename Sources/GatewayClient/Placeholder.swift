enum GatewayClientPlaceholder {}
