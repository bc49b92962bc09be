import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CallerDirectory } from '../../platform/auth/caller-directory.ts';
import { TokenEntity } from './token.entity.ts';
import { TokenRepository } from './token.repository.ts';
import { TokensController } from './tokens.controller.ts';
import { TokensService } from './tokens.service.ts';

@Module({
  imports: [TypeOrmModule.forFeature([TokenEntity])],
  controllers: [TokensController],
  providers: [
    TokenRepository,
    TokensService,
    { provide: CallerDirectory, useExisting: TokensService },
  ],
  exports: [CallerDirectory],
})
export class TokensModule {}
