import { Module } from '@nestjs/common';
import { ResourcesModule } from '../resources/resources.module.ts';
import { NeededSigningKeys } from './needed-signing-keys.ts';
import { SigningKeyRepository } from './signing-key.repository.ts';
import { SigningKeyRotation } from './signing-key-rotation.ts';
import { SigningKeysController } from './signing-keys.controller.ts';
import { SigningKeysService } from './signing-keys.service.ts';

/** The keys of gateways: created when they are needed, and replaced in time. */
@Module({
  imports: [ResourcesModule],
  controllers: [SigningKeysController],
  providers: [SigningKeysService, SigningKeyRepository, NeededSigningKeys, SigningKeyRotation],
})
export class SigningKeysModule {}
