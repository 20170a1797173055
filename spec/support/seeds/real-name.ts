import type { Samples } from './samples'

export const query: Samples = {
  异步纯链式: async (instance, print) => {
    await instance.v3.facemch.users._face_sid_
      .getAsync({
        face_sid: 'aabbccdd12345',
        query: {
          info_type: 'ASK_UNIONID',
          appid: 'wx2b029c08a6233333',
          sub_mchid: '123456789',
          sub_appid: 'wx2b029c08a6255555',
          sub_serial_no: 'wx2b029c08a6255555',
        },
      })
      .then((response) => {
        print(response.data)
      })
      .wait()
  },
  异步声明式: async (instance, print) => {
    await instance
      .chain('v3/facemch/users/{face_sid}')
      .getAsync({
        face_sid: 'aabbccdd12345',
        query: {
          info_type: 'ASK_UNIONID',
          appid: 'wx2b029c08a6233333',
          sub_mchid: '123456789',
          sub_appid: 'wx2b029c08a6255555',
          sub_serial_no: 'wx2b029c08a6255555',
        },
      })
      .then((response) => {
        print(response.data)
      })
      .wait()
  },
  异步属性式: async (instance, print) => {
    await instance['v3/facemch/users/{face_sid}']
      .getAsync({
        face_sid: 'aabbccdd12345',
        query: {
          info_type: 'ASK_UNIONID',
          appid: 'wx2b029c08a6233333',
          sub_mchid: '123456789',
          sub_appid: 'wx2b029c08a6255555',
          sub_serial_no: 'wx2b029c08a6255555',
        },
      })
      .then((response) => {
        print(response.data)
      })
      .wait()
  },
  同步纯链式: async (instance, print) => {
    const response = await instance.v3.facemch.users._face_sid_.get({
      face_sid: 'aabbccdd12345',
      query: {
        info_type: 'ASK_UNIONID',
        appid: 'wx2b029c08a6233333',
        sub_mchid: '123456789',
        sub_appid: 'wx2b029c08a6255555',
        sub_serial_no: 'wx2b029c08a6255555',
      },
    })
    print(response.data)
  },
  同步声明式: async (instance, print) => {
    const response = await instance.chain('v3/facemch/users/{face_sid}').get({
      face_sid: 'aabbccdd12345',
      query: {
        info_type: 'ASK_UNIONID',
        appid: 'wx2b029c08a6233333',
        sub_mchid: '123456789',
        sub_appid: 'wx2b029c08a6255555',
        sub_serial_no: 'wx2b029c08a6255555',
      },
    })
    print(response.data)
  },
  同步属性式: async (instance, print) => {
    const response = await instance['v3/facemch/users/{face_sid}'].get({
      face_sid: 'aabbccdd12345',
      query: {
        info_type: 'ASK_UNIONID',
        appid: 'wx2b029c08a6233333',
        sub_mchid: '123456789',
        sub_appid: 'wx2b029c08a6255555',
        sub_serial_no: 'wx2b029c08a6255555',
      },
    })
    print(response.data)
  },
}
