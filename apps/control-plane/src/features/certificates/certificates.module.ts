import { Module } from '@nestjs/common';
import { ResourcesModule } from '../resources/resources.module.ts';
import { CertificateExpiry } from './certificate-expiry.ts';
import { CertificateRules } from './certificate-rules.ts';

/** What certificates and CAs have besides the operations of every kind. */
@Module({ imports: [ResourcesModule], providers: [CertificateRules, CertificateExpiry] })
export class CertificatesModule {}
