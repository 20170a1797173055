import type { Samples } from './samples'

export const query: Samples = {
  异步纯链式: async (instance, print) => {
    await instance.v3.offlineface.faceCollections
      .getAsync({
        query: {
          organization_id: 'Ofewewfwefweewf',
          offset: 30,
          limit: 20,
        },
      })
      .then((response) => {
        print(response.data)
      })
      .wait()
  },
  异步声明式: async (instance, print) => {
    await instance
      .chain('v3/offlineface/face-collections')
      .getAsync({
        query: {
          organization_id: 'Ofewewfwefweewf',
          offset: 30,
          limit: 20,
        },
      })
      .then((response) => {
        print(response.data)
      })
      .wait()
  },
  异步属性式: async (instance, print) => {
    await instance['v3/offlineface/face-collections']
      .getAsync({
        query: {
          organization_id: 'Ofewewfwefweewf',
          offset: 30,
          limit: 20,
        },
      })
      .then((response) => {
        print(response.data)
      })
      .wait()
  },
  同步纯链式: async (instance, print) => {
    const response = await instance.v3.offlineface.faceCollections.get({
      query: {
        organization_id: 'Ofewewfwefweewf',
        offset: 30,
        limit: 20,
      },
    })
    print(response.data)
  },
  同步声明式: async (instance, print) => {
    const response = await instance.chain('v3/offlineface/face-collections').get({
      query: {
        organization_id: 'Ofewewfwefweewf',
        offset: 30,
        limit: 20,
      },
    })
    print(response.data)
  },
  同步属性式: async (instance, print) => {
    const response = await instance['v3/offlineface/face-collections'].get({
      query: {
        organization_id: 'Ofewewfwefweewf',
        offset: 30,
        limit: 20,
      },
    })
    print(response.data)
  },
}
