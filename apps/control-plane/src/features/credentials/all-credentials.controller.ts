import { Controller, Get } from '@nestjs/common';
import type { Answer } from '../../platform/http/answer.ts';
import { QueryParameters } from '../../platform/http/query.ts';
import { CredentialListQuery } from './credential-list-query.ts';
import { CredentialsService } from './credentials.service.ts';

/** The credentials of all consumers, to find those that are unused or expire soon. */
@Controller('v1/credentials')
export class AllCredentialsController {
  constructor(private readonly credentials: CredentialsService) {}

  @Get()
  list(@QueryParameters(CredentialListQuery) query: CredentialListQuery): Promise<Answer> {
    return this.credentials.listAll(query);
  }
}
