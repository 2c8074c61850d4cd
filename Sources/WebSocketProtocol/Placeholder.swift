enum WebSocketProtocolPlaceholder {}
