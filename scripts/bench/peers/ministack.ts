import { installedProgram, installedVersion, type Peer, whyMissing } from './peer.ts'

export const ministack: Peer = {
  name: 'ministack',
  doors: ['api'],
  readyPath: '/_ministack/health',
  durability: 'nothing: it keeps all in memory',
  makesRepositories: true,
  missing: () => whyMissing('ministack'),
  version: () => installedVersion('ministack'),
  command: (directory, port) => ({
    program: installedProgram('ministack'),
    args: [],
    variables: {
      GATEWAY_PORT: String(port),
      BIND_HOST: '127.0.0.1',
      TMPDIR: directory,
      // Both listen on a fixed port, for services that are not measured.
      SFTP_ENABLED: '0',
      IOT_MTLS_ENABLED: '0',
    },
  }),
}
