import { plantable } from '../distribution/faults.ts'
import type { Faults } from '../domain/faults.ts'
import { errorsOf } from '../ecr/door.ts'
import type { FaultBed } from '../operator/faults.ts'

/** Where faults are planted, and what each door lets be planted there. */
export function faultBed(faults: Faults): FaultBed {
  return { faults, errorsOf, plantable }
}
