import { Module } from '@nestjs/common'
import { KioskInteractionService } from './kiosk-interaction.service.js'

@Module({ providers: [KioskInteractionService] })
export class KioskInteractionModule {}
