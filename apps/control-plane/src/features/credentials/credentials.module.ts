import { Module } from '@nestjs/common';
import { ResourcesModule } from '../resources/resources.module.ts';
import { CredentialsController } from './credentials.controller.ts';
import { CredentialsService } from './credentials.service.ts';
import { KeysController } from './keys.controller.ts';
import { PasswordHashing } from './password-hashing.ts';

@Module({
  imports: [ResourcesModule],
  controllers: [CredentialsController, KeysController],
  providers: [CredentialsService, PasswordHashing],
})
export class CredentialsModule {}
