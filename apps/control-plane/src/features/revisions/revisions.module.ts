import { Module } from '@nestjs/common';
import { PresentationModule } from '../resources/presentation.module.ts';
import { HistoryService } from './history.service.ts';
import { RevisionRepository } from './revision.repository.ts';
import { RevisionSignal } from './revision-signal.ts';
import { RevisionsController } from './revisions.controller.ts';
import { RevisionsService } from './revisions.service.ts';

@Module({
  imports: [PresentationModule],
  controllers: [RevisionsController],
  providers: [RevisionRepository, RevisionSignal, RevisionsService, HistoryService],
  exports: [RevisionSignal, RevisionsService],
})
export class RevisionsModule {}
