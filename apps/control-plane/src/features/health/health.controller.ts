import { Controller, Get } from '@nestjs/common';
import { GatewayError } from '@sluice/errors';
import { Public } from '../../platform/auth/auth.guard.ts';
import { Database } from '../../platform/database/database.ts';
import { Answer } from '../../platform/http/answer.ts';

/** For whoever restarts processes and balances load. Needs no token and tells nothing. */
@Public()
@Controller()
export class HealthController {
  constructor(private readonly database: Database) {}

  @Get('livez')
  live(): Answer {
    return Answer.ok({ status: 'live' });
  }

  /** Ready while the database answers and has our tables. The process listens only once the migrations are done. */
  @Get('readyz')
  async ready(): Promise<Answer> {
    const [head] = await this.database.query<{ revision: string }>('SELECT revision FROM config_head');
    if (head === undefined) throw new GatewayError('database_unavailable', { detail: 'the database lost its tables' });
    return Answer.ok({ status: 'ready', revision: Number(head.revision) });
  }
}
