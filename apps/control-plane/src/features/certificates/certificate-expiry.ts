import { X509Certificate } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { every } from '@sluice/errors';
import { Database } from '../../platform/database/database.ts';
import { Logger } from '../../platform/logger.ts';
import { ControlPlaneMetrics } from '../../platform/metrics/control-plane-metrics.ts';

const intervalMs = 60_000;
const dayMs = 86_400_000;
/** The days before the expiry at which the log says so. */
const noticeDays = [1, 7, 30];
/** The metric has one series for each certificate, so their number is bounded. */
const maxCertificates = 1_000;

interface KnownCertificate {
  readonly version: number;
  readonly expiresAtMs: number;
  /** The shortest notice that was logged, in days; 0 once the expiry itself was. */
  noticed: number;
}

/**
 * Reports when certificates expire: as a metric, and in the log 30, 7 and 1 days before. It reads
 * new and changed certificates once a minute, the first thousand by name.
 */
@Injectable()
export class CertificateExpiry implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly known = new Map<string, KnownCertificate>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly logger: Logger,
    private readonly metrics: ControlPlaneMetrics,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = every('observation', intervalMs, () => this.observe(Date.now())).unref();
    void this.observe(Date.now());
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** Reads the certificates, sets the metric, and logs what is due. Never rejects. */
  async observe(nowMs: number): Promise<void> {
    try {
      const rows = await this.database.query<{ id: string; name: string; version: number }>(
        `SELECT id, name, version FROM resource WHERE kind = 'certificate' ORDER BY name LIMIT ${maxCertificates}`,
      );
      await this.read(rows);
      this.metrics.certificateExpiry.clear();
      for (const { id, name } of rows) {
        const certificate = this.known.get(id);
        if (certificate === undefined) continue;
        this.metrics.certificateExpiry.set(certificate.expiresAtMs / 1_000, name);
        this.notice(name, certificate, nowMs);
      }
    } catch {
      // A database that does not answer is in the log already.
    }
  }

  private async read(rows: readonly { id: string; version: number }[]): Promise<void> {
    const current = new Set(rows.map(({ id }) => id));
    for (const id of this.known.keys()) if (!current.has(id)) this.known.delete(id);
    const changed = rows.filter(({ id, version }) => this.known.get(id)?.version !== version);
    if (changed.length === 0) return;
    const read = await this.database.query<{ id: string; version: number; pem: string }>(
      `SELECT id, version, spec ->> 'certificate' AS pem FROM resource WHERE id = ANY($1::uuid[])`,
      [changed.map(({ id }) => id)],
    );
    for (const { id, version, pem } of read) {
      const expiresAtMs = expiryOf(pem);
      const before = this.known.get(id);
      // A change of the tags does not repeat the notice.
      const noticed =
        before?.expiresAtMs === expiresAtMs ? before.noticed : Number.POSITIVE_INFINITY;
      this.known.set(id, { version, expiresAtMs, noticed });
    }
  }

  private notice(name: string, certificate: KnownCertificate, nowMs: number): void {
    const { expiresAtMs } = certificate;
    if (!Number.isFinite(expiresAtMs)) return;
    const leftMs = expiresAtMs - nowMs;
    const due = leftMs <= 0 ? 0 : noticeDays.find((days) => leftMs <= days * dayMs);
    if (due === undefined || due >= certificate.noticed) return;
    certificate.noticed = due;
    const notAfter = new Date(expiresAtMs).toISOString();
    if (due === 0) this.logger.error('a certificate has expired', { certificate: name, notAfter });
    else
      this.logger.warn('a certificate expires soon', {
        certificate: name,
        notAfter,
        days: Math.ceil(leftMs / dayMs),
      });
  }
}

/** Epoch milliseconds; NaN when the text cannot be read. */
function expiryOf(pem: string): number {
  try {
    return new X509Certificate(pem).validToDate.getTime();
  } catch {
    return Number.NaN;
  }
}
