import { Module } from '@nestjs/common';
import { RevisionsModule } from '../revisions/revisions.module.ts';
import { ResourceRepository } from './resource.repository.ts';
import { ResourceService } from './resource.service.ts';
import { ResourceWriter } from './resource-writer.ts';
import { WriteAnswers } from './write-answers.ts';
import { WriteTransaction } from './write-transaction.ts';

/** The providers that all configuration resources share. */
@Module({
  imports: [RevisionsModule],
  providers: [ResourceRepository, ResourceService, ResourceWriter, WriteAnswers, WriteTransaction],
  exports: [ResourceService, ResourceWriter, WriteAnswers],
})
export class ResourcesModule {}
