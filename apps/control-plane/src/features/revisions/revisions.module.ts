import { Module } from '@nestjs/common';
import { RevisionRepository } from './revision.repository.ts';
import { RevisionSignal } from './revision-signal.ts';
import { RevisionsService } from './revisions.service.ts';

@Module({
  providers: [RevisionRepository, RevisionSignal, RevisionsService],
  exports: [RevisionSignal, RevisionsService],
})
export class RevisionsModule {}
