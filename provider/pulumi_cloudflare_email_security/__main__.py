"""`python -m pulumi_cloudflare_email_security` is the command `cf-email-security`."""

from .cli import main

if __name__ == "__main__":
    main()
