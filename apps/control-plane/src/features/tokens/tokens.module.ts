import { Module } from '@nestjs/common';
import { CallerDirectory } from '../../platform/auth/caller-directory.ts';
import { TokenRepository } from './token.repository.ts';
import { TokensController } from './tokens.controller.ts';
import { TokensService } from './tokens.service.ts';

@Module({
  controllers: [TokensController],
  providers: [TokenRepository, TokensService, { provide: CallerDirectory, useExisting: TokensService }],
  exports: [CallerDirectory],
})
export class TokensModule {}
