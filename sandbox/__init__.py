"""A stand-in Dropbox server: OAuth, files, a person's view and a control API for tests. Imports nothing of the app."""
