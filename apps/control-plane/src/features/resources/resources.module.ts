import { Module } from '@nestjs/common';
import { RevisionsModule } from '../revisions/revisions.module.ts';
import { PresentationModule } from './presentation.module.ts';
import { resourceControllers } from './resource-controllers.ts';
import { ResourceChanges } from './resource-changes.ts';
import { ResourceRepository } from './resource.repository.ts';
import { ResourceService } from './resource.service.ts';
import { ResourceWriter } from './resource-writer.ts';
import { WriteAnswers } from './write-answers.ts';
import { WriteTransaction } from './write-transaction.ts';

/** The providers that all configuration resources share. */
@Module({
  imports: [RevisionsModule, PresentationModule],
  controllers: resourceControllers(),
  providers: [
    ResourceChanges,
    ResourceRepository,
    ResourceService,
    ResourceWriter,
    WriteAnswers,
    WriteTransaction,
  ],
  exports: [
    ResourceChanges,
    ResourceService,
    ResourceWriter,
    WriteAnswers,
    WriteTransaction,
    PresentationModule,
  ],
})
export class ResourcesModule {}
