import { errorMessage, SetupError } from '@sluice/errors';
import { Inject, Module } from '@nestjs/common';
import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { openFileLimit } from '@sluice/telemetry';
import { formatStreamAddress } from '@sluice/wire';
import { CredentialReportsModule } from '../features/credentials/reports/credential-reports.module.ts';
import { CredentialReportsService } from '../features/credentials/reports/credential-reports.service.ts';
import { ConnectedNodes } from '../features/nodes/connected-nodes.ts';
import { NodesModule } from '../features/nodes/nodes.module.ts';
import { RevisionFeedModule } from '../features/revisions/revision-feed/revision-feed.module.ts';
import { RevisionFeed } from '../features/revisions/revision-feed/revision-feed.ts';
import { NodeToken } from '../platform/auth/node-token.ts';
import { SETTINGS } from '../platform/env.ts';
import type { Settings } from '../platform/env.ts';
import { fitConnections } from '../platform/http/connection-limits.ts';
import { ControlPlaneMetrics } from '../platform/metrics/control-plane-metrics.ts';
import { Logger } from '../platform/logger.ts';
import { ConfigStream } from './config-stream.ts';
import type { ConfigStreamOptions } from './config-stream.ts';
import { StreamCertificate } from './tls/stream-certificate.ts';
import { readStreamProtection } from './tls/stream-security.ts';

async function protectionOf(
  settings: Settings,
  logger: Logger,
): Promise<Pick<ConfigStreamOptions, 'security'>> {
  const { security, fingerprint, warning } = await readStreamProtection(settings);
  if (warning !== undefined) logger.warn('the fingerprint is not stored', { reason: warning });
  if (fingerprint !== undefined)
    logger.info('the config stream uses TLS', {
      fingerprint,
      clientCertificates: settings.streamClientCaFile === undefined ? 'not asked for' : 'required',
    });
  return { security };
}

/** The config stream, to which nodes connect. */
@Module({
  imports: [NodesModule, RevisionFeedModule, CredentialReportsModule],
  providers: [
    {
      provide: ConfigStream,
      inject: [
        SETTINGS,
        NodeToken,
        RevisionFeed,
        ConnectedNodes,
        Logger,
        ControlPlaneMetrics,
        CredentialReportsService,
      ],
      useFactory: async (
        settings: Settings,
        token: NodeToken,
        feed: RevisionFeed,
        nodes: ConnectedNodes,
        logger: Logger,
        metrics: ControlPlaneMetrics,
        reports: CredentialReportsService,
      ) =>
        new ConfigStream(
          {
            address: { host: settings.streamHost, port: settings.streamPort },
            ...(await protectionOf(settings, logger)),
            maxConnections: fitConnections(openFileLimit()).stream,
            isNodeToken: (presented) => token.matches(presented),
          },
          feed,
          nodes,
          logger,
          metrics,
          reports,
        ),
    },
  ],
  exports: [ConfigStream],
})
export class StreamModule implements OnApplicationBootstrap, OnApplicationShutdown {
  constructor(
    @Inject(ConfigStream) private readonly stream: ConfigStream,
    @Inject(ConnectedNodes) private readonly nodes: ConnectedNodes,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(Logger) private readonly logger: Logger,
    @Inject(RevisionFeed) private readonly feed: RevisionFeed,
    @Inject(ControlPlaneMetrics) private readonly metrics: ControlPlaneMetrics,
    @Inject(CredentialReportsService) private readonly reports: CredentialReportsService,
  ) {}

  private certificate: StreamCertificate | undefined;

  async onApplicationBootstrap(): Promise<void> {
    const host = this.settings.streamHost;
    this.nodes.start();
    this.metrics.registry.onCollect(() => this.collect());
    try {
      const port = await this.stream.start();
      this.certificate = new StreamCertificate(
        this.settings,
        this.feed,
        (tls) => this.stream.renew(tls),
        this.logger,
      );
      this.certificate.start();
      this.logger.info('the config stream is listening', {
        stream: formatStreamAddress({ host, port }),
      });
    } catch (error) {
      throw this.explained(error);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    await this.stream.stop();
    // The module of the nodes is global, so its own shutdown hook may run after the database is
    // closed.
    await this.nodes.stop();
    await this.reports.stop();
  }

  /**
   * Reads the certificate of the stream again and uses it for connections from now on. When it cannot
   * be used, the previous one stays and the log has the reason. Never throws.
   */
  async renewCertificate(): Promise<void> {
    if (this.certificate?.isInUse === true) return this.certificate.readAgain();
    try {
      const { security, fingerprint, warning } = await readStreamProtection(this.settings);
      if (warning !== undefined)
        this.logger.warn('the fingerprint is not stored', { reason: warning });
      if (security.mode !== 'tls') {
        this.logger.info(
          'SIGHUP: nothing to read again: settings and tokens are read at the start',
          {},
        );
        return;
      }
      this.stream.renew(security);
      this.logger.info('SIGHUP: the certificate of the config stream was read again', {
        fingerprint,
      });
    } catch (error) {
      this.logger.error(
        'SIGHUP: the certificate of the config stream was not replaced; the previous one stays',
        { reason: errorMessage(error) },
      );
    }
  }

  private collect(): void {
    const { metrics, feed, nodes, stream } = this;
    metrics.connectedNodes.set(nodes.size);
    metrics.configStreams.set(stream.size);
    metrics.feedRevision.set(feed.revision);
    metrics.feedLag.set(feed.lagMs / 1_000);
    metrics.feedListening.set(feed.isListening ? 1 : 0);
  }

  private explained(error: unknown): unknown {
    if (!(error instanceof Error)) return error;
    const { streamHost, streamPort } = this.settings;
    if (error.message.includes('EADDRINUSE'))
      return new SetupError(
        `Port ${streamPort} on ${streamHost} is in use. Stop the process that listens there, or set SLUICE_STREAM_PORT to another port.`,
      );
    return new SetupError(`The config stream cannot start: ${error.message}`);
  }
}
