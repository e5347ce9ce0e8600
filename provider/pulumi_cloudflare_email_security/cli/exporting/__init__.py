"""From an account to a Pulumi project, and from later drift to changed files."""
