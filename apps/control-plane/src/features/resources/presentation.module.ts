import { Module } from '@nestjs/common';
import { KindRulesRegistry } from './kind-rules.ts';
import { ResourcePresenter } from './presentation.ts';

/** How resources are shown, and what single kinds need besides their declaration. */
@Module({
  providers: [KindRulesRegistry, ResourcePresenter],
  exports: [KindRulesRegistry, ResourcePresenter],
})
export class PresentationModule {}
