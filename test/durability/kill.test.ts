import { describe, expect, it } from 'vitest'
import { crashes } from '../support/crashes.ts'
import { dataDirectory } from '../support/data-directory.ts'

describe('kill -9', () => {
  const round = crashes(dataDirectory().path)

  it.each([3, 12, 40, 100])(
    'after %i answers loses nothing of what was acknowledged, and leaves nothing by half',
    async (answers) => {
      const { acknowledged, damages } = await round(answers)
      expect(damages).toEqual([])
      expect(acknowledged.repositories).toBeGreaterThan(0)
    },
  )
})
