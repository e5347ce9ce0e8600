"""The API client: HTTP, authentication, pace, pages and errors; it knows nothing of Pulumi or of any one setting."""
