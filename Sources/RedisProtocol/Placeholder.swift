enum RedisProtocolPlaceholder {}
