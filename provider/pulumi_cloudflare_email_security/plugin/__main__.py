"""`python -m pulumi_cloudflare_email_security.plugin ENGINE_ADDRESS`."""

from .server import main

if __name__ == "__main__":
    main()
