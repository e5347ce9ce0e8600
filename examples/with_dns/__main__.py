"""A protected domain, and the DNS record that verifies it, from another provider."""

from typing import Any

import pulumi

import pulumi_cloudflare_email_security as email_security


class DnsRecord(pulumi.ComponentResource):
    """Stands for `cloudflare.DnsRecord`, so that the example needs no account and no other provider's plugin.

    A program of your own has instead, with the same arguments:

    ```python
    import pulumi_cloudflare as cloudflare

    cloudflare.DnsRecord("verification", zone_id=..., name=domain.txt_record_name, ...)
    ```
    """

    def __init__(self, resource_name: str, **arguments: pulumi.Input[Any]) -> None:
        super().__init__("example:dns:Record", resource_name, arguments)
        self.register_outputs({})


domain = email_security.Domain(
    "corp",
    domain="corp.example",
    allowed_delivery_modes=["DIRECT"],
    drop_dispositions=["MALICIOUS"],
    ip_restrictions=[],
    regions=["GLOBAL"],
)

DnsRecord(
    "verification",
    zone_id="0123456789abcdef0123456789abcdef",
    name=domain.txt_record_name,
    type="TXT",
    content=domain.txt_record_value,
    ttl=300,
)

pulumi.export("txt_record", {"name": domain.txt_record_name, "value": domain.txt_record_value})
