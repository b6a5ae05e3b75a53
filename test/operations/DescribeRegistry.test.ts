import { DescribeRegistryCommand } from '@aws-sdk/client-ecr'
import { describe, expect, it } from 'vitest'
import { emulator } from '../support/emulator.ts'

describe('DescribeRegistry', () => {
  const ecr = emulator()

  it("answers the caller's account and no replication rules", async () => {
    const client = ecr.client({ accessKeyId: '123456789012' })
    const { registryId, replicationConfiguration } = await client.send(new DescribeRegistryCommand({}))
    expect(registryId).toBe('123456789012')
    expect(replicationConfiguration).toEqual({ rules: [] })
  })
})
