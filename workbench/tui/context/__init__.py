"""What every part of the screens may ask of the app: AppContext, messages, selection, runs."""
