import { installedProgram, installedVersion, type Peer, whyMissing } from './peer.ts'

export const moto: Peer = {
  name: 'moto',
  doors: ['api'],
  readyPath: '/moto-api/data.json',
  durability: 'nothing: it keeps all in memory',
  makesRepositories: true,
  missing: () => whyMissing('moto_server'),
  version: () => installedVersion('moto_server'),
  command: (_directory, port) => ({
    program: installedProgram('moto_server'),
    args: ['--host', '127.0.0.1', '--port', String(port)],
  }),
}
