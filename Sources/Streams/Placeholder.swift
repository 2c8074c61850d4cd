enum StreamsPlaceholder {}
