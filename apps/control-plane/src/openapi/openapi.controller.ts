import { Controller, Get } from '@nestjs/common';
import { Public } from '../platform/auth/auth.guard.ts';
import { Answer } from '../platform/http/answer.ts';
import { openApiDocument } from './document.ts';

/** The description of the API. It is the same for everybody, so it needs no token. */
@Public()
@Controller()
export class OpenApiController {
  private readonly document = openApiDocument();

  @Get('openapi.json')
  read(): Answer {
    return Answer.ok(this.document);
  }
}
