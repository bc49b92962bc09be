import { Module } from '@nestjs/common';
import { ResourcesModule } from '../resources/resources.module.ts';
import { AllCredentialsController } from './all-credentials.controller.ts';
import { CredentialsController } from './credentials.controller.ts';
import { CredentialsService } from './credentials.service.ts';
import { KeysController } from './keys.controller.ts';
import { PasswordHashing } from './password-hashing.ts';
import { CredentialReportsModule } from './reports/credential-reports.module.ts';

@Module({
  imports: [ResourcesModule, CredentialReportsModule],
  controllers: [AllCredentialsController, CredentialsController, KeysController],
  providers: [CredentialsService, PasswordHashing],
})
export class CredentialsModule {}
