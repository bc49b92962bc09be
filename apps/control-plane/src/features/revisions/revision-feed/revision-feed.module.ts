import { Inject, Module } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { describeSchemas } from '@sluice/config';
import { SETTINGS } from '../../../platform/env.ts';
import type { Settings } from '../../../platform/env.ts';
import { SecretVault } from '../../../platform/secrets/secret-vault.ts';
import { Logger } from '../../../platform/logger.ts';
import { PoliciesService } from '../../policies/policies.service.ts';
import { RevisionSignal } from '../revision-signal.ts';
import { RevisionsModule } from '../revisions.module.ts';
import type { OpenSecrets } from './delivered-record.ts';
import { RevisionFeed } from './revision-feed.ts';

/** How long the start waits for the configuration. After that it is loaded in the background. */
const firstLoadMs = 10_000;

/** Provides the feed of the revisions that this and other replicas commit. */
@Module({
  imports: [RevisionsModule],
  providers: [
    {
      provide: RevisionFeed,
      inject: [SETTINGS, Logger, RevisionSignal, PoliciesService, SecretVault],
      useFactory: (
        { databaseUrl }: Settings,
        logger: Logger,
        signal: RevisionSignal,
        { catalogue }: PoliciesService,
        vault: SecretVault,
      ) => {
        const openSecrets: OpenSecrets = (id, spec, kind) => {
          const opened = vault.open(id, spec);
          for (const { place, message } of opened.unreadable)
            logger.error('a secret cannot be decrypted: nodes receive the resource without it', {
              kind,
              id,
              pointer: place.pointer,
              reason: message,
            });
          return opened.spec;
        };
        const rules = describeSchemas(catalogue);
        const feed = new RevisionFeed({ databaseUrl, rules, openSecrets }, logger);
        signal.onCommitted(() => feed.poke());
        return feed;
      },
    },
  ],
  exports: [RevisionFeed],
})
export class RevisionFeedModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(@Inject(RevisionFeed) private readonly feed: RevisionFeed) {}

  async onApplicationBootstrap(): Promise<void> {
    this.feed.start();
    await this.feed.refreshed(firstLoadMs);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.feed.stop();
  }
}
