import { errorMessage } from '@sluice/errors';
import type { ServerTls } from '@sluice/wire';
import type { Settings } from '../../platform/env.ts';
import type { Logger } from '../../platform/logger.ts';
import type { RevisionFeed } from '../../features/revisions/revision-feed/revision-feed.ts';
import { protectionWith, readStreamProtection } from './stream-security.ts';

/**
 * The certificate resource that the config stream presents (SLUICE_STREAM_CERTIFICATE). The stream
 * starts with the generated certificate, because the resource is read from the database; it uses the
 * resource, and each new version of it, for connections from then on.
 */
export class StreamCertificate {
  private id: string | undefined;
  /** The texts in use. */
  private used = '';
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly settings: Settings,
    private readonly feed: Pick<RevisionFeed, 'certificate' | 'onAdvance'>,
    private readonly renew: (tls: ServerTls) => void,
    private readonly logger: Logger,
  ) {}

  /** Follows the resource. Without the setting it does nothing. */
  start(): void {
    if (this.settings.streamCertificate === undefined) return;
    this.feed.onAdvance(() => void this.follow());
    void this.follow();
  }

  /**
   * Uses the resource as it is now, if it has changed. A certificate that cannot be used, and the
   * removal of the resource, leave the previous one in use and are logged. Never rejects.
   */
  follow(): Promise<void> {
    this.turn = this.turn.then(() => this.check());
    return this.turn;
  }

  /** Whether connections are presented a certificate of the Admin API. */
  get isInUse(): boolean {
    return this.used !== '';
  }

  /** Uses the resource again, with the CAs of clients as their file is now. Never rejects. */
  readAgain(): Promise<void> {
    this.used = '';
    return this.follow();
  }

  private async check(): Promise<void> {
    const name = this.settings.streamCertificate;
    const found = name === undefined ? undefined : this.feed.certificate(name, this.id);
    if (name === undefined || found === undefined) return;
    const { certificate, key } = found.spec;
    const texts = `${certificate}\n${key}`;
    if (texts === this.used) return;
    this.id = found.id;
    // Also when it cannot be used: the reason is logged once for each version.
    this.used = texts;
    try {
      const { security, fingerprint, warning } = protectionWith(
        this.settings,
        await readStreamProtection(this.settings),
        name,
        found.spec,
      );
      this.renew(security);
      this.logger.info('the config stream presents a certificate of the Admin API', {
        certificate: name,
        fingerprint,
      });
      if (warning !== undefined)
        this.logger.warn('the fingerprint is not stored', { reason: warning });
    } catch (error) {
      this.logger.error(
        'the certificate of the config stream was not replaced; the previous one stays',
        { certificate: name, reason: errorMessage(error) },
      );
    }
  }
}
