enum GatewayServerPlaceholder {}
