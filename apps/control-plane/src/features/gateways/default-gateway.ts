import { Injectable } from '@nestjs/common';
import type { OnModuleInit } from '@nestjs/common';
import { BootstrapToken } from '../../platform/auth/bootstrap-token.ts';
import type { WriteRequest } from '../../platform/http/write-request.ts';
import { ResourceWriter } from '../resources/resource-writer.ts';

const firstBoot: WriteRequest = {
  caller: { ...BootstrapToken.identity, name: 'system' },
  requestId: 'first-boot',
  method: 'PUT',
  target: '/v1/gateways/default',
  ifMatch: undefined,
  ifNoneMatch: undefined,
  idempotency: undefined,
  wait: undefined,
};

/**
 * Creates the gateway `default` as the first revision of a new database. It is not created again
 * after a deletion.
 */
@Injectable()
export class DefaultGateway implements OnModuleInit {
  constructor(private readonly writer: ResourceWriter) {}

  async onModuleInit(): Promise<void> {
    await this.writer.createFirst('gateway', { name: 'default' }, firstBoot);
  }
}
