import { Module } from '@nestjs/common';
import { CredentialExpiry } from './credential-expiry.ts';
import { CredentialUsageRepository } from './credential-usage.repository.ts';
import { CredentialUsageService } from './credential-usage.service.ts';

/** When credentials were last used, and which expire soon. */
@Module({
  providers: [CredentialUsageRepository, CredentialUsageService, CredentialExpiry],
  exports: [CredentialUsageService, CredentialExpiry],
})
export class CredentialUsageModule {}
