"""What `cf-email-security doctor` looks at."""
