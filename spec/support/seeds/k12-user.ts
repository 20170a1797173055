import type { Samples } from './samples'

export const query: Samples = {
  异步纯链式: async (instance, print) => {
    await instance.v3.offlinefacemch.organizations._organization_id_.users.outUserId._out_user_id_
      .getAsync({
        organization_id: '',
        out_user_id: '',
      })
      .then((response) => {
        print(response.data)
      })
      .wait()
  },
  异步声明式: async (instance, print) => {
    await instance
      .chain('v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}')
      .getAsync({
        organization_id: '',
        out_user_id: '',
      })
      .then((response) => {
        print(response.data)
      })
      .wait()
  },
  异步属性式: async (instance, print) => {
    await instance['v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}']
      .getAsync({
        organization_id: '',
        out_user_id: '',
      })
      .then((response) => {
        print(response.data)
      })
      .wait()
  },
  同步纯链式: async (instance, print) => {
    const response =
      await instance.v3.offlinefacemch.organizations._organization_id_.users.outUserId._out_user_id_.get({
        organization_id: '',
        out_user_id: '',
      })
    print(response.data)
  },
  同步声明式: async (instance, print) => {
    const response = await instance
      .chain('v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}')
      .get({
        organization_id: '',
        out_user_id: '',
      })
    print(response.data)
  },
  同步属性式: async (instance, print) => {
    const response = await instance[
      'v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}'
    ].get({
      organization_id: '',
      out_user_id: '',
    })
    print(response.data)
  },
}

export const change: Samples = {
  异步纯链式: async (instance, print) => {
    await instance.v3.offlinefacemch.organizations._organization_id_.users.outUserId._out_user_id_
      .patchAsync({
        organization_id: '',
        out_user_id: '',
        json: {
          user_name: '',
          user_type: 'STUDENT',
          student_info: {
            class_name: '',
          },
          staff_info: {
            occupation: '',
          },
          status: 'NORMAL',
          phone: '',
        },
      })
      .then((response) => {
        print(response.status === 204)
      })
      .wait()
  },
  异步声明式: async (instance, print) => {
    await instance
      .chain('v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}')
      .patchAsync({
        organization_id: '',
        out_user_id: '',
        json: {
          user_name: '',
          user_type: 'STUDENT',
          student_info: {
            class_name: '',
          },
          staff_info: {
            occupation: '',
          },
          status: 'NORMAL',
          phone: '',
        },
      })
      .then((response) => {
        print(response.status === 204)
      })
      .wait()
  },
  异步属性式: async (instance, print) => {
    await instance['v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}']
      .patchAsync({
        organization_id: '',
        out_user_id: '',
        json: {
          user_name: '',
          user_type: 'STUDENT',
          student_info: {
            class_name: '',
          },
          staff_info: {
            occupation: '',
          },
          status: 'NORMAL',
          phone: '',
        },
      })
      .then((response) => {
        print(response.status === 204)
      })
      .wait()
  },
  同步纯链式: async (instance, print) => {
    const response =
      await instance.v3.offlinefacemch.organizations._organization_id_.users.outUserId._out_user_id_.patch({
        organization_id: '',
        out_user_id: '',
        json: {
          user_name: '',
          user_type: 'STUDENT',
          student_info: {
            class_name: '',
          },
          staff_info: {
            occupation: '',
          },
          status: 'NORMAL',
          phone: '',
        },
      })
    print(response.status === 204)
  },
  同步声明式: async (instance, print) => {
    const response = await instance
      .chain('v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}')
      .patch({
        organization_id: '',
        out_user_id: '',
        json: {
          user_name: '',
          user_type: 'STUDENT',
          student_info: {
            class_name: '',
          },
          staff_info: {
            occupation: '',
          },
          status: 'NORMAL',
          phone: '',
        },
      })
    print(response.status === 204)
  },
  同步属性式: async (instance, print) => {
    const response = await instance[
      'v3/offlinefacemch/organizations/{organization_id}/users/out-user-id/{out_user_id}'
    ].patch({
      organization_id: '',
      out_user_id: '',
      json: {
        user_name: '',
        user_type: 'STUDENT',
        student_info: {
          class_name: '',
        },
        staff_info: {
          occupation: '',
        },
        status: 'NORMAL',
        phone: '',
      },
    })
    print(response.status === 204)
  },
}
