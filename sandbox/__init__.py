"""WeChat and Weibo as strict local servers over real HTTP, with faults on demand."""
