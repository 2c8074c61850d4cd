enum TickFeedPlaceholder {}
