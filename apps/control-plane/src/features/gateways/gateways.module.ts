import { Module } from '@nestjs/common';
import { ResourcesModule } from '../resources/resources.module.ts';
import { DefaultGateway } from './default-gateway.ts';
import { GatewaysController } from './gateways.controller.ts';

@Module({
  imports: [ResourcesModule],
  controllers: [GatewaysController],
  providers: [DefaultGateway],
})
export class GatewaysModule {}
