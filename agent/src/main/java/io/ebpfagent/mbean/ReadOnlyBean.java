// SPDX-License-Identifier: Apache-2.0
package io.ebpfagent.mbean;

import javax.management.Attribute;
import javax.management.AttributeList;
import javax.management.AttributeNotFoundException;
import javax.management.DynamicMBean;
import javax.management.MBeanInfo;

/** An MBean whose attributes are read, and which has nothing else. */
abstract class ReadOnlyBean implements DynamicMBean {
  private final MBeanInfo info;

  ReadOnlyBean(MBeanInfo info) {
    this.info = info;
  }

  @Override
  public final MBeanInfo getMBeanInfo() {
    return info;
  }

  @Override
  public final AttributeList getAttributes(String[] names) {
    AttributeList list = new AttributeList();
    for (String name : names) {
      try {
        list.add(new Attribute(name, getAttribute(name)));
      } catch (AttributeNotFoundException e) {
        // By JMX's rules it is left out.
      }
    }
    return list;
  }

  @Override
  public abstract Object getAttribute(String name) throws AttributeNotFoundException;

  @Override
  public final void setAttribute(Attribute attribute) throws AttributeNotFoundException {
    throw new AttributeNotFoundException(attribute.getName() + " can't be set");
  }

  @Override
  public final AttributeList setAttributes(AttributeList attributes) {
    return new AttributeList();
  }

  @Override
  public final Object invoke(String name, Object[] arguments, String[] signature) {
    throw new UnsupportedOperationException(name);
  }
}
