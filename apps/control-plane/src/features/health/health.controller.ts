import { Controller, Get } from '@nestjs/common';
import { GatewayError } from '@sluice/errors';
import { Public } from '../../platform/auth/auth.guard.ts';
import { Database } from '../../platform/database/database.ts';
import { Answer } from '../../platform/http/answer.ts';

/**
 * Liveness and readiness for orchestrators and load balancers. Requires no token and reveals no
 * secrets.
 */
@Public()
@Controller()
export class HealthController {
  constructor(private readonly database: Database) {}

  @Get('livez')
  live(): Answer {
    return Answer.ok({ status: 'live' });
  }

  /**
   * Ready while the database answers and has our tables. The process listens only after the
   * migrations.
   */
  @Get('readyz')
  async ready(): Promise<Answer> {
    const [head] = await this.database.query<{ revision: string }>(
      'SELECT revision FROM config_head',
    );
    if (head === undefined)
      throw new GatewayError('database_unavailable', {
        detail: 'the tables of the database are missing',
      });
    return Answer.ok({ status: 'ready', revision: Number(head.revision) });
  }
}
