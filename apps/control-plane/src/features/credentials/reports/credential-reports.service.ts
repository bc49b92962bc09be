import { Injectable } from '@nestjs/common';
import type { CredentialReport } from '@sluice/wire';
import { CredentialUsageService } from './credential-usage.service.ts';
import { PasswordRehashes } from './password-rehashes.ts';

/** Receives what nodes report about credentials. */
@Injectable()
export class CredentialReportsService {
  constructor(
    private readonly usage: CredentialUsageService,
    private readonly rehashes: PasswordRehashes,
  ) {}

  /** Takes the report of a node. Never throws. */
  heard(node: string, { uses, rehashes }: CredentialReport): void {
    this.usage.heard(uses);
    this.rehashes.heard(node, rehashes);
  }

  /** Stores what was heard; call it before the database is closed. Never rejects. */
  async stop(): Promise<void> {
    await Promise.all([this.usage.stop(), this.rehashes.stop()]);
  }
}
