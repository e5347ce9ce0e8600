import * as emailSecurity from "pulumi-cloudflare-email-security";

new emailSecurity.BlockSender("phisher", { pattern: "evil.example", patternType: "DOMAIN" });

// Thousands of entries cost the program one value where they are a file (or a text: `entriesJson`).
const blocklist = new emailSecurity.BlockSenders("blocklist", { entriesFile: "blocklist.csv" });

new emailSecurity.AllowPolicy("payroll", {
    pattern: "pay.example",
    patternType: "DOMAIN",
    isAcceptableSender: true,
    comments: "Sends our payslips",
});

const partners = new emailSecurity.TrustedDomains("partners", {
    defaults: { isSimilarity: true },
    entries: [{ pattern: "c0rp.example" }, { pattern: "partner.example", comments: "Seen in our supply chain" }],
});

const corp = new emailSecurity.Domain("corp", {
    domain: "corp.example",
    allowedDeliveryModes: ["DIRECT"],
    dropDispositions: ["MALICIOUS", "SPAM"],
    ipRestrictions: [],
    regions: ["GLOBAL"],
});

// A look-up: the account's trusted domains, when those of this program are there.
const trusted = emailSecurity.listTrustedDomainsOutput({ isSimilarity: true }, { dependsOn: [partners] });

export const domain = corp.domain;
export const blocked = blocklist.ids;
export const trustedPatterns = trusted.entries.apply(entries => entries.map(entry => entry.pattern));
