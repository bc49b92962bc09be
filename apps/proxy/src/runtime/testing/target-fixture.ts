import { createHash } from 'node:crypto';
import type { Resource } from '@sluice/config';
import type { ApplyOutcome, ResourceChange } from '../../config/source.ts';
import { ProxyFixture } from '../../exchange/testing/proxy-fixture.ts';
import { RawOrigin } from '../../upstream/testing/raw-origin.ts';
import { resource } from './resources.ts';

const keyOf = (username: string): string => `key-of-${username}-0123456789`;

/** The key of a consumer, which `TargetFixture.answer` sends. Tests only. */
export function keyResource(username: string): Resource<'credential'> {
  return resource('credential', {
    type: 'key',
    name: username,
    consumer: `consumer-${username}`,
    hash: createHash('sha256').update(keyOf(username)).digest('hex'),
    prefix: 'key-of',
  });
}

/** The part of a route that answers with this content. Tests only. */
export const answering = (content: string, more: object = {}) => ({
  policies: [{ name: 'static-response', config: { status: 200, content } }],
  ...more,
});

/** A policy that this version does not have. Tests only. */
export const unknownPolicy = [{ name: 'of-tomorrow' }];

/** A route for every path, which answers "open". Tests only. */
export const open = resource('route', { name: 'open', paths: ['/*'], ...answering('open') });

/** A proxy and an upstream, and what the specs of `RuntimeTarget` do with them. Tests only. */
export class TargetFixture {
  origin!: RawOrigin;
  proxy!: ProxyFixture;
  revision = 100;

  async start(): Promise<void> {
    this.origin = await RawOrigin.answering('HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nupstream');
    this.proxy = await ProxyFixture.start();
  }

  async stop(): Promise<void> {
    await this.proxy.stop();
    this.origin.stop();
  }

  /** Applies a delta with the next revision. */
  delta(...changes: ResourceChange[]): ApplyOutcome {
    return this.proxy.target.applyDelta(++this.revision, changes);
  }

  /** The service "orders", whose target is the upstream. */
  service(more: object = {}): Resource<'service'> {
    return resource('service', {
      name: 'orders',
      targets: [{ address: this.origin.address }],
      ...more,
    });
  }

  /** Sends a GET; returns the content of the response, or the code of its problem document. */
  async answer(path: string, username?: string): Promise<string> {
    const { body, status } = await this.proxy.get(
      path,
      ...(username === undefined ? [] : [`X-Api-Key: ${keyOf(username)}`]),
    );
    return status >= 400 ? (JSON.parse(body) as { code: string }).code : body;
  }
}
