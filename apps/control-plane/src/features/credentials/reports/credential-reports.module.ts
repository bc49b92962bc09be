import { Module } from '@nestjs/common';
import { ResourcesModule } from '../../resources/resources.module.ts';
import { CredentialExpiry } from './credential-expiry.ts';
import { CredentialReportsService } from './credential-reports.service.ts';
import { CredentialUsageRepository } from './credential-usage.repository.ts';
import { CredentialUsageService } from './credential-usage.service.ts';
import { PasswordRehashes } from './password-rehashes.ts';

/** What nodes report about credentials, and which credentials expire soon. */
@Module({
  imports: [ResourcesModule],
  providers: [
    CredentialReportsService,
    CredentialUsageRepository,
    CredentialUsageService,
    CredentialExpiry,
    PasswordRehashes,
  ],
  exports: [CredentialReportsService, CredentialUsageService],
})
export class CredentialReportsModule {}
