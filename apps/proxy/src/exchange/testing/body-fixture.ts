import { createHash } from 'node:crypto';
import type { Exchange, ReadContent, ReadOptions } from '@sluice/policy-sdk';
import { resource } from '../../runtime/testing/resources.ts';
import { ContentOrigin } from './content-origin.ts';
import { ProxyFixture, type FixtureOptions } from './proxy-fixture.ts';
import { recordingPolicy, type RecordingOptions } from './recording-policy.ts';

/** Policies on a route, and the service behind it. */
export interface Setup {
  readonly policies: Readonly<Record<string, RecordingOptions>>;
  readonly attached?: { readonly mode?: 'shadow'; readonly onError?: 'open' | 'closed' };
  /** Default: the origin of the fixture. */
  readonly targets?: readonly string[];
  readonly service?: Readonly<Record<string, unknown>>;
  readonly fixture?: FixtureOptions;
}

/** A proxy with policies that read content, and an origin that records content. Tests only. */
export class BodyFixture {
  origin!: ContentOrigin;
  proxy!: ProxyFixture;

  async start(setup: Setup, origin?: ContentOrigin): Promise<ProxyFixture> {
    this.origin = origin ?? (await ContentOrigin.start());
    const names = Object.keys(setup.policies);
    this.proxy = await ProxyFixture.start({
      ...setup.fixture,
      policies: names.map((name) =>
        recordingPolicy(() => undefined, { name, ...setup.policies[name] }),
      ),
      resources: [
        resource('service', {
          name: 'orders',
          targets: (setup.targets ?? [this.origin.address]).map((address) => ({ address })),
          ...setup.service,
        }),
        resource('route', {
          name: 'orders',
          service: 'service-orders',
          policies: names.map((name) => ({ name, ...setup.attached })),
        }),
      ],
    });
    return this.proxy;
  }

  /** Stops everything. Returns the bytes that are still counted as buffered: always 0. */
  async stop(): Promise<number> {
    await this.proxy.stop();
    this.origin.stop();
    return this.proxy.buffers.used;
  }
}

/** The options of a policy that reads in `validate` and keeps what it has read. */
export function reading(options: ReadOptions, seen: ReadContent[] = []): RecordingOptions {
  const validate = async (exchange: Exchange): Promise<undefined> => {
    seen.push(await exchange.requestBody.read(options));
  };
  return { acts: { validate } };
}

/** A POST request. @param fields field lines with their line ends */
export function post(body: Buffer | string, fields = ''): Buffer {
  const bytes = Buffer.from(body);
  const head = `POST / HTTP/1.1\r\nHost: a\r\n${fields}Content-Length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

/** SHA-256, so that a failed assertion prints no megabytes. */
export function sha(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function later(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
