import type { Samples } from './samples'

export const query: Samples = {
  异步纯链式: async (instance, print) => {
    await instance.v3.offlineface.faceCollections._collection_id_
      .getAsync({
        collection_id: '',
        query: {
          appid: '',
        },
      })
      .then((response) => {
        print(response.data)
      })
      .wait()
  },
  异步声明式: async (instance, print) => {
    await instance
      .chain('v3/offlineface/face-collections/{collection_id}')
      .getAsync({
        collection_id: '',
        query: {
          appid: '',
        },
      })
      .then((response) => {
        print(response.data)
      })
      .wait()
  },
  异步属性式: async (instance, print) => {
    await instance['v3/offlineface/face-collections/{collection_id}']
      .getAsync({
        collection_id: '',
        query: {
          appid: '',
        },
      })
      .then((response) => {
        print(response.data)
      })
      .wait()
  },
  同步纯链式: async (instance, print) => {
    const response = await instance.v3.offlineface.faceCollections._collection_id_.get({
      collection_id: '',
      query: {
        appid: '',
      },
    })
    print(response.data)
  },
  同步声明式: async (instance, print) => {
    const response = await instance.chain('v3/offlineface/face-collections/{collection_id}').get({
      collection_id: '',
      query: {
        appid: '',
      },
    })
    print(response.data)
  },
  同步属性式: async (instance, print) => {
    const response = await instance['v3/offlineface/face-collections/{collection_id}'].get({
      collection_id: '',
      query: {
        appid: '',
      },
    })
    print(response.data)
  },
}
