package main

import (
	emailsecurity "example.com/pulumi-cloudflare-email-security/sdk/go/cloudflareemailsecurity"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		_, err := emailsecurity.NewBlockSender(ctx, "phisher", &emailsecurity.BlockSenderArgs{
			Pattern:     pulumi.String("evil.example"),
			PatternType: emailsecurity.PatternTypeDomain,
		})
		if err != nil {
			return err
		}

		// Thousands of entries cost the program one value where they are a file (or a text: `EntriesJson`).
		blocklist, err := emailsecurity.NewBlockSenders(ctx, "blocklist", &emailsecurity.BlockSendersArgs{
			EntriesFile: pulumi.String("blocklist.csv"),
		})
		if err != nil {
			return err
		}

		_, err = emailsecurity.NewAllowPolicy(ctx, "payroll", &emailsecurity.AllowPolicyArgs{
			Pattern:            pulumi.String("pay.example"),
			PatternType:        emailsecurity.PatternTypeDomain,
			IsAcceptableSender: pulumi.Bool(true),
			Comments:           pulumi.String("Sends our payslips"),
		})
		if err != nil {
			return err
		}

		partners, err := emailsecurity.NewTrustedDomains(ctx, "partners", &emailsecurity.TrustedDomainsArgs{
			Defaults: emailsecurity.TrustedDomainItemArgs{IsSimilarity: pulumi.Bool(true)},
			Entries: emailsecurity.TrustedDomainItemArray{
				emailsecurity.TrustedDomainItemArgs{Pattern: pulumi.String("c0rp.example")},
				emailsecurity.TrustedDomainItemArgs{
					Pattern:  pulumi.String("partner.example"),
					Comments: pulumi.String("Seen in our supply chain"),
				},
			},
		})
		if err != nil {
			return err
		}

		corp, err := emailsecurity.NewDomain(ctx, "corp", &emailsecurity.DomainArgs{
			Domain:               pulumi.String("corp.example"),
			AllowedDeliveryModes: emailsecurity.AllowedDeliveryModeArray{emailsecurity.AllowedDeliveryModeDirect},
			DropDispositions: emailsecurity.DropDispositionArray{
				emailsecurity.DropDispositionMalicious,
				emailsecurity.DropDispositionSpam,
			},
			IpRestrictions: pulumi.StringArray{},
			Regions:        emailsecurity.RegionArray{emailsecurity.RegionGlobal},
		})
		if err != nil {
			return err
		}

		// A look-up: the account's trusted domains, when those of this program are there.
		trusted := emailsecurity.ListTrustedDomainsOutput(ctx, emailsecurity.ListTrustedDomainsOutputArgs{
			IsSimilarity: pulumi.Bool(true),
		}, pulumi.DependsOn([]pulumi.Resource{partners}))

		ctx.Export("domain", corp.Domain)
		ctx.Export("blocked", blocklist.Ids)
		ctx.Export("trustedPatterns", trusted.Entries().ApplyT(
			func(entries []emailsecurity.TrustedDomainResult) []string {
				patterns := []string{}
				for _, entry := range entries {
					patterns = append(patterns, entry.Pattern)
				}
				return patterns
			}))
		return nil
	})
}
